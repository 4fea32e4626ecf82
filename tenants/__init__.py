"""The district, its centres and stations, departments and staff; settings, theme and modules of each centre."""
