"""Authority tables: agencies, fonds and places of the store, as an archive keeps them, with the days they were valid.

Rows are imported from CSV (`reading`), brought together with what is known (`merging`: a row is closed, never lost),
kept as one document a version (`documents`), and asked (`lookup`, `checking`).

Source: codes of QCVN 102:2016/BTTTT with amendment 1:2022 and Decision 20/2020/QĐ-TTg; fonds codes as
HD 169/HD-VTLTNN of 2010 has them (`Q3-8`).
"""
