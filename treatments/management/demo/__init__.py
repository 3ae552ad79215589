"""The demo: two clinics with their people, stock, a day under way, and a past."""
