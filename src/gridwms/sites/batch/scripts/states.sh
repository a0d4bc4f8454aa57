# All attempts of ours that the batch system shows.
gw_states
