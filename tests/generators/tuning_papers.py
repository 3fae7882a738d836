"""Words, layouts and scans for tests and for tuning; nothing that is told as measured comes from them.

All names, numbers and facts are invented.
"""

from __future__ import annotations

from tests.generators.letterheads import Layout
from tests.generators.office_scans import Scan
from tests.generators.papers import Body, Templates, Words

TUNING = Words(
    bodies=(
        Body(("ỦY BAN NHÂN DÂN", "TỈNH SÔNG LAM"), ("SỞ NỘI VỤ",), "Sở Nội vụ", "SNV", "Sông Lam"),
        Body((), ("ỦY BAN NHÂN DÂN", "TỈNH SÔNG LAM"), "Ủy ban nhân dân tỉnh Sông Lam", "UBND", "Sông Lam"),
        Body(
            ("UBND HUYỆN KIẾN SƠN",),
            ("PHÒNG TÀI CHÍNH", "- KẾ HOẠCH"),
            "Phòng Tài chính - Kế hoạch",
            "TCKH",
            "Kiến Sơn",
        ),
        Body((), ("BỘ NỘI VỤ",), "Bộ Nội vụ", "BNV", "Hà Nội"),
        Body(
            ("BỘ NỘI VỤ",),
            ("CỤC VĂN THƯ VÀ", "LƯU TRỮ NHÀ NƯỚC"),
            "Cục Văn thư và lưu trữ nhà nước",
            "VTLTNN",
            "Hà Nội",
        ),
        Body((), ("UBND XÃ TÂN AN",), "UBND xã Tân An", "UBND", "Tân An"),
        Body(
            ("TỔNG CỤC THUẾ",), ("CHI CỤC THUẾ", "KHU VỰC SÔNG LAM"), "Chi cục thuế khu vực sông lam", "CCT", "Sông Lam"
        ),
        Body(
            ("SỞ GIÁO DỤC VÀ ĐÀO TẠO",),
            ("TRƯỜNG THPT", "NGUYỄN VĂN CỪ"),
            "Trường THPT Nguyễn Văn Cừ",
            "THPT",
            "Sông Lam",
        ),
        Body((), ("THỦ TƯỚNG CHÍNH PHỦ",), "Thủ tướng Chính phủ", "TTg", "Hà Nội"),
        Body((), ("HỘI ĐỒNG NHÂN DÂN", "TỈNH SÔNG LAM"), "Hội đồng nhân dân tỉnh Sông Lam", "HĐND", "Sông Lam"),
        Body(
            ("ỦY BAN NHÂN DÂN", "TỈNH SÔNG LAM"),
            ("BAN QUẢN LÝ DỰ ÁN", "ĐẦU TƯ XÂY DỰNG CÁC CÔNG TRÌNH", "NÔNG NGHIỆP VÀ THỦY LỢI"),
            "Ban Quản lý dự án đầu tư xây dựng các công trình nông nghiệp và thủy lợi",
            "BQLDA",
            "Sông Lam",
        ),
        Body(
            ("BỘ NÔNG NGHIỆP", "VÀ PHÁT TRIỂN NÔNG THÔN"),
            ("CỤC QUẢN LÝ CHẤT LƯỢNG", "NÔNG LÂM SẢN VÀ THỦY SẢN"),
            "Cục Quản lý chất lượng nông lâm sản và thủy sản",
            "QLCL",
            "Hà Nội",
        ),
        Body((), ("BỘ NGOẠI GIAO",), "Bộ Ngoại giao", "BNG", "Hà Nội", english="MINISTRY OF FOREIGN AFFAIRS"),
        Body(
            ("SỞ NGOẠI VỤ",),
            ("TRUNG TÂM DỊCH THUẬT",),
            "Trung tâm Dịch thuật",
            "TTDT",
            "Sông Lam",
            english="TRANSLATION CENTRE",
        ),
        Body(("ĐẢNG BỘ TỈNH SÔNG LAM",), ("HUYỆN ỦY KIẾN SƠN",), "Huyện ủy Kiến Sơn", "HU", "Kiến Sơn", party=True),
        Body(("TỈNH ỦY SÔNG LAM",), ("BAN TỔ CHỨC",), "Ban Tổ chức tỉnh ủy Sông Lam", "BTCTU", "Sông Lam", party=True),
    ),
    types=(
        ("Quyết định", "QĐ"),
        ("Báo cáo", "BC"),
        ("Kế hoạch", "KH"),
        ("Thông báo", "TB"),
        ("Tờ trình", "TTr"),
        ("Nghị quyết", "NQ"),
        ("Chỉ thị", "CT"),
        ("Thông tư", "TT"),
        ("Hướng dẫn", "HD"),
        ("Công văn", ""),
        ("Công văn", ""),
    ),
    subjects=(
        "ban hành Quy chế công tác văn thư, lưu trữ của cơ quan",
        "phê duyệt dự toán kinh phí chỉnh lý tài liệu tồn đọng giai đoạn 2015-2020",
        "điều chỉnh quy hoạch sử dụng đất xã Tân An và các khu vực lân cận đến năm 2030",
        "kết quả thực hiện nhiệm vụ kinh tế - xã hội, quốc phòng, an ninh 6 tháng đầu năm",
        "tăng cường công tác phòng cháy, chữa cháy tại các kho lưu trữ",
        "bổ nhiệm lại công chức lãnh đạo, quản lý",
        "quy định chức năng, nhiệm vụ, quyền hạn và cơ cấu tổ chức của Trung tâm Lưu trữ lịch sử",
        (
            "phê duyệt điều chỉnh, bổ sung nhiệm vụ và dự toán dự án đầu tư xây dựng hệ thống kênh tưới hồ Bản Vạc, "
            "hạng mục cải tạo cống đầu mối và đường quản lý thuộc địa bàn các xã Tân An, Phú Lộc và Mỹ Thành"
        ),
        "thành lập Tổ công tác rà soát hồ sơ người có công với cách mạng",
    ),
    signers=(
        (("TM. ỦY BAN NHÂN DÂN", "KT. CHỦ TỊCH"), "PHÓ CHỦ TỊCH", "Phó chủ tịch"),
        ((), "GIÁM ĐỐC", "Giám đốc"),
        (("KT. GIÁM ĐỐC",), "PHÓ GIÁM ĐỐC", "Phó giám đốc"),
        (("TL. CHỦ TỊCH",), "CHÁNH VĂN PHÒNG", "Chánh văn phòng"),
        (("KT. BỘ TRƯỞNG",), "THỨ TRƯỞNG", "Thứ trưởng"),
    ),
    party_signers=(
        (("T/M BAN THƯỜNG VỤ",), "PHÓ BÍ THƯ", "Phó bí thư"),
        ((), "TRƯỞNG BAN", "Trưởng ban"),
        (("K/T TRƯỞNG BAN",), "PHÓ TRƯỞNG BAN", "Phó trưởng ban"),
    ),
    english={
        "Quyết định": "Decision",
        "Báo cáo": "Report",
        "Kế hoạch": "Plan",
        "Thông báo": "Notice",
        "Hướng dẫn": "Guidance",
        "bổ nhiệm lại công chức lãnh đạo, quản lý": "Reappointment of civil servants in leading positions",
        "tăng cường công tác phòng cháy, chữa cháy tại các kho lưu trữ": "Strengthening fire prevention and fighting "
        "at archival repositories",
        "thành lập Tổ công tác rà soát hồ sơ người có công với cách mạng": "Establishing the working group that "
        "reviews the records of people with meritorious services",
    },
    names=("Nguyễn Văn Bình", "Trần Thị Hồng Hạnh", "Lê Quang Huy", "Phạm Đức Thắng", "Đỗ Minh Tuyết"),
    firsts=(
        "Căn cứ Luật Lưu trữ ngày 11 tháng 11 năm 2011;",
        "Căn cứ Nghị định số 30/2020/NĐ-CP ngày 05 tháng 3 năm 2020 của Chính phủ về công tác văn thư;",
        "Thực hiện Kế hoạch số 45/KH-UBND ngày 12 tháng 02 năm 2018 của Ủy ban nhân dân tỉnh,",
        "Kính gửi: Ủy ban nhân dân tỉnh Sông Lam",
    ),
    paragraphs=(
        "Các đơn vị trực thuộc rà soát toàn bộ hồ sơ đang quản lý, lập mục lục và giao nộp đúng thời hạn quy định.",
        "Kinh phí thực hiện được bố trí trong dự toán chi thường xuyên hằng năm theo quy định hiện hành.",
        "Trong quá trình thực hiện nếu có vướng mắc, các đơn vị phản ánh kịp thời để được hướng dẫn.",
        "Hồ sơ được số hóa ở độ phân giải tối thiểu 200 dpi, ảnh màu, kèm theo dữ liệu đặc tả.",
    ),
)

TUNING_LAYOUTS = (
    Layout(),
    Layout(family="liberation2/LiberationSans", points=12, head_points=11, rule="dashes", label="Số:"),
    Layout(points=14, head_points=12.5, same_row=False, rule="", subject_width=5.6, label="Số : "),
    Layout(nation=("CỘNG HÒA XÃ HỘI CHỦ NGHĨA", "VIỆT NAM"), head_points=12, left=2.1, right=5.5, rule="stars"),
    Layout(logo=True, points=13.5, subject_style="Italic", before_text=3.2),
    Layout(left=2.0, right=5.75, head_points=11.5, motto="Độc lập – Tự do – Hạnh phúc", top=1.0),
    Layout(bilingual=True, head_points=11, points=12.5, left=2.1, right=5.7, label="Số/No.: "),
    Layout(family="liberation2/LiberationMono", points=11, head_points=10, left=2.1, right=5.6, rule="dashes"),
    Layout(points=13, head_points=12, short_day=True, subject_style="Bold", subject_width=4.2, label="Số:"),
    Layout(family="noto/NotoSerif", points=12, head_points=10, left=2.15, right=5.7, pitch=1.35, letter_width=2.2),
)

_COVERING = ("number", "day", "middle")
_FADED_PAPER = (243, 236, 220)

TUNING_CONDITIONS = {
    "clean": (
        Scan(dpi=300),
        Scan(dpi=200),
        Scan(mode="grey", noise=2),
        Scan(mode="bilevel", dpi=300),
        Scan(dpi=300, marks=("digital",), stamp_ink="black"),
    ),
    "stamped": (
        Scan(skew=1.2, paper=(250, 246, 234), ink=25, noise=6, blur=0.6, sealed=True, arrival="blank"),
        Scan(skew=-1.0, mode="bilevel", specks=40, sealed=True, arrival="blank"),
        Scan(dpi=300, skew=0.8, mode="grey", noise=5, ink=30, sealed=True, arrival="blank", arrival_form="decree"),
        Scan(skew=-1.4, paper=(246, 240, 226), ink=40, noise=6, sealed=True, arrival="number", marks=("note",)),
        Scan(
            skew=0.5, paper=(248, 246, 240), ink=20, sealed=True, arrival="blank", stamp_ink="blue", marks=("copied",)
        ),
        Scan(dpi=300, skew=1.3, mode="grey", ink=25, sealed=True, marks=("urgent", "copy")),
        Scan(dpi=250, skew=-0.7, paper=(251, 249, 243), ink=30, sealed=True, arrival="day", arrival_form="decree"),
        Scan(skew=0.9, mode="grey", noise=6, ink=25, sealed=True, arrival="right"),
        Scan(dpi=250, skew=-1.1, mode="grey", noise=3, ink=30, sealed=True, arrival="blank", marks=("urgent",)),
    ),
    "skewed": (
        Scan(skew=2.6, dpi=200, ink=25, noise=4, sealed=True),
        Scan(skew=-2.8, dpi=300, mode="grey", ink=30, noise=4, sealed=True, arrival="blank"),
        Scan(skew=2.0, dpi=150, ink=20, paper=(250, 248, 240), sealed=True),
        Scan(skew=-2.2, dpi=250, mode="bilevel", sealed=True),
        Scan(skew=-3.0, dpi=200, ink=30, paper=(247, 241, 228), noise=5, blur=0.5, sealed=True, arrival="blank"),
        Scan(skew=1.7, dpi=150, mode="grey", ink=25, noise=3, sealed=True),
    ),
    "covered": tuple(
        Scan(
            dpi=(200, 300)[at % 2],
            mode=mode,
            skew=(-0.8, 0.6, 1.1)[at],
            ink=30,
            noise=4,
            sealed=True,
            arrival=arrival,
            arrival_form=form,
            stamp_ink=ink,
        )
        for at, arrival in enumerate(_COVERING)
        for mode, form, ink in (("grey", "title", "red"), ("colour", "decree", "blue"), ("bilevel", "title", "violet"))
    ),
    "faded": (
        Scan(paper=_FADED_PAPER, ink=90, faded=0.5, noise=6, sealed=True, dpi=300),
        Scan(paper=(228, 210, 170), ink=80, faded=0.3, noise=8, blur=0.7, skew=0.8, sealed=True),
        Scan(mode="bilevel", thick=True, dpi=300, specks=120, skew=-0.6, marks=("copied",)),
        Scan(mode="grey", thick=True, blur=1.2, ink=20, noise=5, skew=0.9, sealed=True, marks=("copy",)),
        Scan(mode="grey", ink=110, paper=(235, 235, 235), faded=0.35, dpi=200, noise=4),
        Scan(dpi=150, ink=60, faded=0.25, paper=_FADED_PAPER, sealed=True, arrival="blank"),
    ),
}

TUNING_TEMPLATES = Templates(TUNING, TUNING_LAYOUTS, TUNING_CONDITIONS)
