"""The ailments of clusters as data, staged for real one after another: every file of entries is listed here."""

from tests.cluster.ailments import elsewhere, ha, hdfs, homes, logins, machines, older, settings
from tests.cluster.ailments.ailment import Ailment

AILMENTS: tuple[Ailment, ...] = (
    *logins.AILMENTS,
    *settings.AILMENTS,
    *settings.JAVAS,
    *machines.AILMENTS,
    *homes.AILMENTS,
    *homes.DAEMONS,
    *older.AILMENTS,
    *hdfs.AILMENTS,
    *ha.AILMENTS,
    *elsewhere.AILMENTS,
)
