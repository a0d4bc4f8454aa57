"""The information supermarket: what is known of every resource, bought from sources, swapped whole."""
