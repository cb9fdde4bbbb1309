"""Live platforms, one a file: each turns a site's replies into sightings."""
