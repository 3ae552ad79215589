"""Set-up of what is booked: rooms, devices, services, working hours."""
