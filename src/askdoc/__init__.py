"""Ask an article questions and get its own words back, with the caveats they need."""
