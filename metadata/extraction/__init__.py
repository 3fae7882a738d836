"""What pages say of themselves: number, date, issuing body, type, subject and signer, suggested from their layout.

Pure: texts of pages with boxes come in, suggestions with confidence and place go out. What is not read surely is
left out: an empty suggestion costs a look at the page, a wrong one costs trust.

Source: Nghị định 30/2020/NĐ-CP, Phụ lục I (layout); TT 01/2011/TT-BNV and TTLT 55/2005 before it have the same zones.
"""
