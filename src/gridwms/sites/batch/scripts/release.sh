# Standard input: tasks. Ends them whatever their files say.
gw_cancel
