# Standard input: lines "TASK BATCH". Ends them whatever their files say.
gw_end
