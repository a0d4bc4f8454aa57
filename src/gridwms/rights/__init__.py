"""Who has which rights: rules as operators write them, read, compiled and decided. Pure: texts come in as arguments."""
