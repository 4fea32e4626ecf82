"""The district, its centres and stations, departments and staff; settings, theme, modules of each centre."""
