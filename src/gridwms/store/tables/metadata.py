"""The one collection of tables, and the types they share. Times are seconds since the epoch, as double precision."""

from sqlalchemy import BigInteger, Double, Integer, MetaData

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    }
)

Time = Double
Number = BigInteger().with_variant(Integer, "sqlite")
"""A row number; SQLite numbers rows itself only in a column that is exactly INTEGER."""
