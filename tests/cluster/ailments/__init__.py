"""The ailments of clusters as data, staged for real one after another: every file of entries is listed here."""

from tests.cluster.ailments import elsewhere, flink, hdfs
from tests.cluster.ailments.ailment import Ailment

AILMENTS: tuple[Ailment, ...] = (*flink.AILMENTS, *hdfs.AILMENTS, *elsewhere.AILMENTS)
