"""Pages of the tenants room: the look, staff, stations and departments, the centre's own settings."""
