"""Files that are missing, cut short, or not what their ending says."""

import gzip

import numpy as np
import pandas as pd
import pytest

from edgelab.errors import DataError
from edgelab.graphs import read_edges, read_matrix

RNG = np.random.default_rng(0)
MATRIX = pd.DataFrame(RNG.normal(size=(300, 4)), columns=list("abcd"))
EDGES = pd.DataFrame(
    {"source": [f"s{i}" for i in range(300)], "target": [f"t{i}" for i in range(300)]}
)
READERS = [(read_edges, EDGES), (read_matrix, MATRIX)]


@pytest.mark.parametrize(("read", "table"), READERS)
class TestBrokenFiles:
    def test_missing(self, read, table, tmp_path):
        table.to_csv(tmp_path / "prior.csv", index=False)
        with pytest.raises(DataError, match=r"no file .*prior\.tsv.*close: 'prior\.csv'"):
            read(tmp_path / "prior.tsv")
        with pytest.raises(DataError, match="no file"):
            read(tmp_path / "nowhere" / "prior.tsv")

    def test_folder(self, read, table, tmp_path):
        (tmp_path / "prior.csv").mkdir()
        with pytest.raises(DataError, match="cannot be read"):
            read(tmp_path / "prior.csv")

    @pytest.mark.parametrize("share", [0.0, 0.1, 0.6, 0.99])
    def test_truncated_gzip(self, read, table, tmp_path, share):
        whole = gzip.compress(table.to_csv(index=False).encode())
        (tmp_path / "t.csv.gz").write_bytes(whole[: int(share * len(whole))])
        with pytest.raises(DataError, match=r"truncated|empty"):
            read(tmp_path / "t.csv.gz")

    def test_damaged_gzip(self, read, table, tmp_path):
        whole = bytearray(gzip.compress(table.to_csv(index=False).encode()))
        whole[len(whole) // 2 : len(whole) // 2 + 50] = bytes(50)
        (tmp_path / "t.csv.gz").write_bytes(whole)
        with pytest.raises(DataError):
            read(tmp_path / "t.csv.gz")

    def test_plain_text_called_gzip(self, read, table, tmp_path):
        table.to_csv(tmp_path / "t.csv.gz", index=False, compression=None)
        with pytest.raises(DataError, match="not gzip"):
            read(tmp_path / "t.csv.gz")

    def test_gzip_called_plain_text(self, read, table, tmp_path):
        (tmp_path / "t.csv").write_bytes(gzip.compress(table.to_csv(index=False).encode()))
        with pytest.raises(DataError, match=r"not UTF-8.*'\.gz'"):
            read(tmp_path / "t.csv")

    @pytest.mark.parametrize("share", [0.0, 0.3, 0.9])
    def test_truncated_parquet(self, read, table, tmp_path, share):
        path = tmp_path / "t.parquet"
        table.to_parquet(path)
        path.write_bytes(path.read_bytes()[: int(share * path.stat().st_size)])
        with pytest.raises(DataError, match="Parquet"):
            read(path)

    def test_truncated_csv(self, read, table, tmp_path):
        text = table.to_csv(index=False)
        (tmp_path / "t.csv").write_text(text[: text.rindex(",")])
        with pytest.raises(DataError, match="truncated"):
            read(tmp_path / "t.csv")

    def test_text_beyond_utf8(self, read, table, tmp_path):
        (tmp_path / "t.csv").write_bytes("source,target\nTNFα,β\n".encode("utf-16"))
        with pytest.raises(DataError, match="UTF-8"):
            read(tmp_path / "t.csv")
