"""Pages for measuring `bench/extract.py`, and for nothing else: no test and no tuning has seen these words, layouts,
scans and seeds. The drawing is shared with `tests/generators/tuning_papers.py`, what is drawn is not.

Laid out as real papers are: fonts and sizes, one to five lines of bodies, logos, joint bodies, papers of the Party and
in two languages, typewriters, headings in two lines, number and day on one row or two, numbers in a hand that can be
read, in one that cannot, or blank; seals, stamps of the registry in both forms and four inks, copies, marks of
urgency, notes of a pen; pages askew by up to 3 degrees, 150 to 300 dpi, noisy, grey, bilevel, yellowed, faded,
photocopied. All names, numbers and facts are invented.
"""

from __future__ import annotations

from tests.generators.letterheads import Layout
from tests.generators.office_scans import Scan
from tests.generators.papers import Body, Templates, Words

SEED = "measure/8"
"""Seeds, subjects and bodies whose misses were looked at are changed before anything is measured again."""

WORDS = Words(
    bodies=(
        Body(
            (), ("BỘ LAO ĐỘNG - THƯƠNG BINH", "VÀ XÃ HỘI"), "Bộ Lao động - thương binh và xã hội", "BLĐTBXH", "Hà Nội"
        ),
        Body(("BỘ TƯ PHÁP",), ("CỤC CÔNG TÁC", "PHÍA NAM"), "Cục Công tác phía nam", "CTPN", "Hà Nội"),
        Body(
            ("UBND TỈNH NAM GIANG",),
            ("SỞ THÔNG TIN", "VÀ TRUYỀN THÔNG"),
            "Sở Thông tin và truyền thông",
            "STTTT",
            "Nam Giang",
        ),
        Body(("ỦY BAN NHÂN DÂN", "TỈNH NAM GIANG"), ("SỞ CÔNG THƯƠNG",), "Sở Công thương", "SCT", "Nam Giang"),
        Body((), ("ỦY BAN NHÂN DÂN", "THỊ XÃ TRƯỜNG LÂM"), "Ủy ban nhân dân thị xã Trường Lâm", "UBND", "Trường Lâm"),
        Body((), ("ỦY BAN NHÂN DÂN", "XÃ HỒNG PHONG"), "Ủy ban nhân dân xã Hồng Phong", "UBND", "Hồng Phong"),
        Body((), ("THỦ TƯỚNG CHÍNH PHỦ",), "Thủ tướng Chính phủ", "TTg", "Hà Nội"),
        Body(("BỘ TÀI CHÍNH",), ("CỤC QUẢN LÝ CÔNG SẢN",), "Cục Quản lý công sản", "QLCS", "Hà Nội"),
        Body(
            ("SỞ GIAO THÔNG VẬN TẢI",),
            ("BAN QUẢN LÝ", "BẾN XE NAM GIANG"),
            "Ban Quản lý bến xe Nam Giang",
            "BQL",
            "Nam Giang",
        ),
        Body(
            ("UBND THỊ XÃ TRƯỜNG LÂM",),
            ("PHÒNG GIÁO DỤC", "VÀ ĐÀO TẠO"),
            "Phòng Giáo dục và đào tạo",
            "PGDĐT",
            "Trường Lâm",
        ),
        Body((), ("BỘ Y TẾ -", "BỘ NỘI VỤ"), "Bộ Y tế - Bộ Nội vụ", "BYT-BNV", "Hà Nội"),
        Body(
            ("TỔNG CỤC THỐNG KÊ",),
            ("CỤC THỐNG KÊ", "TỈNH NAM GIANG"),
            "Cục Thống kê tỉnh Nam Giang",
            "CTK",
            "Nam Giang",
        ),
        Body(
            (), ("HỘI ĐỒNG NHÂN DÂN", "THỊ XÃ TRƯỜNG LÂM"), "Hội đồng nhân dân thị xã Trường Lâm", "HĐND", "Trường Lâm"
        ),
        Body(("BỘ Y TẾ",), ("CỤC AN TOÀN THỰC PHẨM",), "Cục An toàn thực phẩm", "ATTP", "Hà Nội"),
        Body(
            ("ỦY BAN NHÂN DÂN", "THÀNH PHỐ BÌNH HẢI"),
            ("TRUNG TÂM PHỤC VỤ", "HÀNH CHÍNH CÔNG VÀ", "KIỂM SOÁT THỦ TỤC HÀNH CHÍNH"),
            "Trung tâm Phục vụ hành chính công và kiểm soát thủ tục hành chính",
            "TTPVHCC",
            "Bình Hải",
        ),
        Body(
            ("BỘ VĂN HÓA, THỂ THAO", "VÀ DU LỊCH"),
            ("CỤC BẢN QUYỀN TÁC GIẢ",),
            "Cục Bản quyền tác giả",
            "BQTG",
            "Hà Nội",
            english="COPYRIGHT OFFICE",
        ),
        Body(
            (),
            ("TRƯỜNG ĐẠI HỌC BÌNH HẢI",),
            "Trường Đại học Bình Hải",
            "ĐHBH",
            "Bình Hải",
            english="BINH HAI UNIVERSITY",
        ),
        Body(
            ("TỈNH ỦY NAM GIANG",),
            ("BAN TUYÊN GIÁO",),
            "Ban Tuyên giáo tỉnh ủy Nam Giang",
            "BTGTU",
            "Nam Giang",
            party=True,
        ),
        Body(("ĐẢNG BỘ TỈNH NAM GIANG",), ("THÀNH ỦY BÌNH HẢI",), "Thành ủy Bình Hải", "TU", "Bình Hải", party=True),
    ),
    types=(
        ("Quyết định", "QĐ"),
        ("Quyết định", "QĐ"),
        ("Quyết định", "QĐ"),
        ("Thông tư", "TT"),
        ("Chỉ thị", "CT"),
        ("Thông báo", "TB"),
        ("Báo cáo", "BC"),
        ("Kế hoạch", "KH"),
        ("Tờ trình", "TTr"),
        ("Hướng dẫn", "HD"),
        ("Dự án", "DA"),
        ("Quy định", "QyĐ"),
        ("Nghị quyết", "NQ"),
        ("Giấy giới thiệu", "GGT"),
        ("Công văn", ""),
        ("Công văn", ""),
        ("Công văn", ""),
        ("Công văn", ""),
    ),
    subjects=(
        "công nhận xã đạt chuẩn nông thôn mới giai đoạn 2016-2020",
        "giải quyết đơn khiếu nại của công dân về bồi thường, hỗ trợ khi Nhà nước thu hồi đất",
        "tuyển dụng viên chức sự nghiệp giáo dục",
        "kết quả kiểm tra công tác phòng, chống tham nhũng tại các đơn vị trực thuộc",
        "sửa đổi, bổ sung Quy định về quản lý hoạt động vận tải hành khách bằng xe ô tô trên địa bàn tỉnh",
        "mời họp bàn về tiến độ giải ngân vốn đầu tư công",
        "cấp phép khai thác nước dưới đất cho Công ty Cổ phần Nước khoáng Nam Giang",
        "khen thưởng thành tích trong phong trào thi đua yêu nước năm học 2007-2008",
        (
            "thu hồi và giao đất cho Trung tâm Phát triển quỹ đất để thực hiện công tác bồi thường, giải phóng mặt "
            "bằng công trình nâng cấp tuyến đê hữu sông Nhuệ Giang đoạn từ cầu Vực đến trạm bơm Đồng Trại, xã An Thái"
        ),
        "cử đoàn cán bộ đi công tác nước ngoài",
    ),
    signers=(
        ((), "BỘ TRƯỞNG", "Bộ trưởng"),
        (("TM. ỦY BAN NHÂN DÂN", "KT. CHỦ TỊCH"), "PHÓ CHỦ TỊCH", "Phó chủ tịch"),
        (("KT. VIỆN TRƯỞNG",), "PHÓ VIỆN TRƯỞNG", "Phó viện trưởng"),
        (("TL. BỘ TRƯỞNG",), "CHÁNH VĂN PHÒNG", "Chánh văn phòng"),
        ((), "CỤC TRƯỞNG", "Cục trưởng"),
        (("KT. TRƯỞNG PHÒNG",), "PHÓ TRƯỞNG PHÒNG", "Phó trưởng phòng"),
    ),
    party_signers=(
        (("T/M BAN CHẤP HÀNH",), "BÍ THƯ", "Bí thư"),
        (("K/T TRƯỞNG BAN",), "PHÓ TRƯỞNG BAN", "Phó trưởng ban"),
        (("T/L BAN THƯỜNG VỤ",), "CHÁNH VĂN PHÒNG", "Chánh văn phòng"),
    ),
    english={
        "Quyết định": "Decision",
        "Thông báo": "Announcement",
        "Báo cáo": "Report",
        "Kế hoạch": "Plan",
        "Giấy giới thiệu": "Letter of introduction",
        "tuyển dụng viên chức sự nghiệp giáo dục": "Recruitment of public employees in education",
        "cử đoàn cán bộ đi công tác nước ngoài": "Sending a delegation of officials on mission abroad",
        "mời họp bàn về tiến độ giải ngân vốn đầu tư công": "Invitation to a meeting on the disbursement of public "
        "investment",
    },
    names=(
        "Cao Xuân Hải",
        "Nguyễn Thị Kim Oanh",
        "Vũ Đình Khánh",
        "Phùng Thị Nga",
        "Tạ Minh Châu",
        "Hồ Quốc Bảo",
    ),
    firsts=(
        "Căn cứ Luật Ngân sách nhà nước ngày 25 tháng 6 năm 2015;",
        "Căn cứ Nghị quyết số 09/2010/NQ-HĐND ngày 16 tháng 7 năm 2010 của Hội đồng nhân dân tỉnh;",
        "Xét đề nghị của Giám đốc Sở Tài chính tại Tờ trình số 214/TTr-STC ngày 08 tháng 10 năm 2014,",
        "Ngày 12 tháng 4 năm 2017, Ban Thường vụ đã họp và thống nhất các nội dung sau đây:",
        "Sau khi xem xét hồ sơ đề nghị của các đơn vị, cơ quan có ý kiến như sau:",
    ),
    paragraphs=(
        "Các cơ quan, đơn vị có liên quan chịu trách nhiệm thi hành; bãi bỏ các quy định trước đây trái với văn bản.",
        "Tổng giá trị gói thầu là 1.284.500.000 đồng, thời gian thực hiện hợp đồng 90 ngày.",
        "Đề nghị Ủy ban nhân dân các xã báo cáo số liệu theo biểu mẫu gửi kèm trước ngày 20 hằng tháng.",
        "Danh sách gồm 17 người, có tên và chức vụ cụ thể trong phụ lục đính kèm.",
        "Nguồn kinh phí lấy từ ngân sách tỉnh bổ sung có mục tiêu và nguồn xã hội hóa của địa phương.",
    ),
)

_USUAL = (
    Layout(points=13.5, head_points=12, left=2.25, right=5.6),
    Layout(points=14, head_points=12.5, left=2.2, right=5.65, top=0.9, rule="line"),
    Layout(family="liberation2/LiberationSans", points=12, head_points=10.5, rule="line", same_row=False),
    Layout(nation=("CỘNG HÒA XÃ HỘI", "CHỦ NGHĨA VIỆT NAM"), head_points=12, left=2.15, right=5.65, rule="dashes"),
    Layout(points=13, head_points=11, logo=True, left=2.35, right=5.7, same_row=False, subject_width=4.6),
    Layout(points=13, motto="Độc lập – Tự do – Hạnh phúc", rule="", label="Số:  ", subject_style="BoldItalic"),
    Layout(points=12.5, head_points=11.5, subject_style="Regular", before_text=3.1, pitch=1.6, top=1.05),
)
LAYOUTS = (
    # Papers in two languages, from typewriters and in wide fonts are rarer than the others.
    *_USUAL,
    *_USUAL,
    Layout(bilingual=True, head_points=10.5, points=13, left=2.2, right=5.75, label="Số (No.): ", rule="line"),
    Layout(family="liberation2/LiberationMono", points=11.5, head_points=10.5, left=2.05, right=5.65, rule="stars"),
    Layout(points=13.5, head_points=11.5, short_day=True, subject_width=4.4, label="Số: ", right=5.7, rule="line"),
    Layout(
        family="dejavu/DejaVuSerif", points=11.5, head_points=9.5, left=2.2, right=5.75, letter_width=2.3, pitch=1.4
    ),
)

_CLEAN = (
    Scan(dpi=300),
    Scan(dpi=200),
    Scan(mode="grey", noise=3, paper=(250, 250, 247)),
    Scan(mode="bilevel", dpi=300),
    Scan(dpi=250, marks=("digital",), stamp_ink="red"),
    Scan(dpi=300, mode="grey", marks=("digital",), stamp_ink="black"),
)
_STAMPED = (
    Scan(skew=1.4, paper=(248, 244, 230), ink=30, noise=5, blur=0.5, sealed=True, arrival="blank"),
    Scan(dpi=300, skew=-0.9, mode="grey", noise=6, ink=35, sealed=True, arrival="blank", specks=30),
    Scan(skew=0.7, mode="bilevel", sealed=True, arrival="blank", specks=60),
    Scan(dpi=300, skew=-1.5, paper=(228, 208, 165), ink=65, noise=10, blur=0.9, sealed=True, arrival="number"),
    Scan(skew=1.0, paper=(244, 238, 225), ink=45, noise=7, blur=0.7, sealed=True, arrival="day", marks=("note",)),
    Scan(skew=-1.2, mode="grey", noise=5, ink=30, sealed=True, arrival="right"),
    Scan(skew=1.1, mode="grey", noise=4, ink=30, sealed=True, arrival="blank", arrival_form="decree"),
    Scan(dpi=250, skew=-0.6, ink=25, sealed=True, arrival="blank", stamp_ink="blue", arrival_form="decree"),
    Scan(dpi=300, skew=0.9, mode="grey", ink=30, sealed=True, arrival="blank", marks=("copied", "urgent")),
    Scan(skew=-1.3, ink=35, paper=(246, 243, 236), sealed=True, marks=("copy", "urgent"), stamp_ink="violet"),
)
_SKEWED = (
    Scan(skew=2.9, dpi=200, ink=30, noise=5, sealed=True, arrival="blank"),
    Scan(skew=-2.4, dpi=300, mode="grey", ink=25, noise=3, sealed=True),
    Scan(skew=1.8, dpi=150, ink=25, paper=(249, 246, 238), noise=3, sealed=True),
    Scan(skew=-2.0, dpi=150, mode="grey", ink=20, sealed=True, arrival="blank"),
    Scan(skew=2.3, dpi=250, mode="bilevel", specks=40, sealed=True),
    Scan(skew=-3.0, dpi=300, ink=40, paper=(240, 230, 208), noise=7, blur=0.6, sealed=True, arrival="blank"),
)
_COVERED = (
    Scan(dpi=300, skew=0.7, mode="grey", ink=30, noise=3, sealed=True, arrival="number"),
    Scan(dpi=200, skew=-1.0, mode="bilevel", sealed=True, arrival="day"),
    Scan(dpi=300, skew=0.9, mode="grey", ink=25, sealed=True, arrival="middle", arrival_form="decree"),
    Scan(dpi=200, skew=-0.5, ink=30, sealed=True, arrival="number", stamp_ink="blue", arrival_form="decree"),
    Scan(dpi=250, skew=1.2, ink=35, sealed=True, arrival="day", stamp_ink="violet"),
    Scan(dpi=200, skew=-1.3, mode="grey", ink=30, sealed=True, arrival="day", arrival_form="decree", stamp_ink="black"),
)
_FADED = (
    Scan(paper=(240, 233, 214), ink=95, faded=0.45, noise=6, sealed=True, dpi=300, skew=-0.7),
    Scan(paper=(224, 204, 160), ink=75, faded=0.35, noise=9, blur=0.8, skew=1.0, sealed=True, arrival="blank"),
    Scan(mode="bilevel", thick=True, dpi=300, specks=90, skew=0.5, sealed=True),
    Scan(mode="grey", thick=True, blur=1.3, ink=25, noise=4, skew=-1.1, marks=("copied",)),
    Scan(mode="grey", ink=105, paper=(238, 238, 236), faded=0.3, dpi=250, noise=4, marks=("copy",)),
    Scan(dpi=150, ink=55, faded=0.3, paper=(245, 240, 226), sealed=True),
)

MEASURED = Templates(
    WORDS,
    LAYOUTS,
    {"clean": _CLEAN, "stamped": _STAMPED, "skewed": _SKEWED, "covered": _COVERED, "faded": _FADED},
)
"""`covered`: a stamp stands over number, day or subject, mostly in an ink that no filter takes away."""
