"""What each vendor's cameras upload: a path, who it says that it is, and when its photo was taken by the camera's clock."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Example:
    """One upload."""

    vendor: str
    path: str
    identifier: str
    taken_at: datetime  # without a zone: the camera's clock shows the shop's time


def example(vendor: str, path: str, identifier: str, taken_at: str) -> Example:
    return Example(vendor, path, identifier, datetime.fromisoformat(taken_at))


EXAMPLES = [
    example(
        "hikvision", "192.168.43.74_01_20210720173322698_FACE_DETECTION.jpg", "192.168.43.74", "2021-07-20T17:33:22.698"
    ),
    example(
        "hikvision", "shop/01/10.4.100.111_01_20150619045051383_TIMING.jpg", "10.4.100.111", "2015-06-19T04:50:51.383"
    ),
    example("hikvision", "gg_733804851_20190319124752348_MOTION_DETECTION.jpg", "733804851", "2019-03-19T12:47:52.348"),
    example(
        "dahua",
        "IPC-HFW5238M-AS-I1/3J07C6FPAU00272/2018-07-25/001/jpg/09/50/04[M][0@0][0].jpg",
        "3J07C6FPAU00272",
        "2018-07-25T09:50:04",
    ),
    example(
        "amcrest",
        "AMC002A3_K2G7HH/2018-02-25/001/jpg/18/09/42[M][0@0][0].jpg",
        "AMC002A3_K2G7HH",
        "2018-02-25T18:09:42",
    ),
    example("intelbras", "Sippe3/2023-08-03/001/jpg/08/25.03[M][0@0][0].jpg", "Sippe3", "2023-08-03T08:25:03"),
    example(
        "intelbras",
        "4L0AAA9PAG0A879/Snapshot/2019-06-12_001_12.59.55-12.59.55[R][0@0][0].jpg",
        "4L0AAA9PAG0A879",
        "2019-06-12T12:59:55",
    ),
    example("reolink", "K3TA_00_20220307125217.jpg", "K3TA", "2022-03-07T12:52:17"),
    example("axis", "00:40:8C:77:F8:26_2026112410150142_00007.jpg", "00408C77F826", "2026-11-24T10:15:01.42"),
    example("foscam", "FI9805E_C4D65535806E/snap/MDAlarm_20180807-135928.jpg", "C4D65535806E", "2018-08-07T13:59:28"),
    example("vivotek", "prefix_20050107180653_4_trg.jpg", "prefix", "2005-01-07T18:06:53"),
    example("vivotek", "Snapshot_20091104_100341.jpg", "Snapshot", "2009-11-04T10:03:41"),
    example(
        "geovision",
        "00-18-ae-a8-da-2a/VFD/2021-01-09/14/VFD_2021-01-09-14-05-11-123_001.jpg",
        "00:18:AE:A8:DA:2A",
        "2021-01-09T14:05:11.123",
    ),
    example("acti", "Img_2010-08-10/Snap_103130_021_1.jpg", "Img_2010-08-10", "2010-08-10T10:31:30.021"),
]
