"""Set-up of what treats: the checklist, devices, and what is used up or put on the skin."""
