# Standard input: tasks. What the batch system's accounting says of them; nothing, where it has none.
gw_history
