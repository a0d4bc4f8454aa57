"""The archive: jobs that ended long ago leave the database for compressed files, and are looked up there."""
