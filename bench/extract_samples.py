"""What seven sample documents say, written down by hand from their pages; used by `bench/extract.py` alone.

Empty: the page does not say it, or says it in handwriting. Fields that are left out here are not judged.
"""

from __future__ import annotations

from collections.abc import Mapping

TRUTHS: Mapping[str, Mapping[str, str]] = {
    "pdf/circular-2020-scan.pdf": {
        # Number, day and month are written by hand.
        "code_number": "",
        "code_notation": "2020/TT-BCA",
        "issued_date": "",
        "organ_name": "Bộ Công an",
        "type_name": "Thông tư",
        "subject": "Sửa đổi, bổ sung một số điều của Thông tư số 57/2015/TT-BCA ngày 26/10/2015 của Bộ trưởng Bộ "
        "Công an "
        "hướng dẫn về trang bị phương tiện phòng cháy và chữa cháy đối với phương tiện giao thông cơ giới đường bộ",
    },
    "pdf/circular-2021-born-digital.pdf": {
        "code_number": "02",
        "code_notation": "2021/TT-BTC",
        "issued_date": "2021-01-08",
        "organ_name": "Bộ Tài chính",
        "type_name": "Thông tư",
        "subject": "QUY ĐỊNH MỨC THU, CHẾ ĐỘ THU, NỘP, QUẢN LÝ VÀ SỬ DỤNG PHÍ KIỂM ĐỊNH PHƯƠNG TIỆN PHÒNG CHÁY VÀ "
        "CHỮA CHÁY",
    },
    "pdf/gazette-extract-signature-remnant.pdf": {
        "code_number": "26",
        "code_notation": "2023/QH15",
        "issued_date": "",
        "organ_name": "Quốc hội",
        "type_name": "Luật",
        "subject": "CĂN CƯỚC",
    },
    "pdf/qd-20-2019-signed-born-digital.pdf": {
        "code_number": "20",
        "code_notation": "2019/QĐ-TTg",
        "issued_date": "2019-06-12",
        "organ_name": "Thủ tướng Chính phủ",
        "type_name": "Quyết định",
        "subject": "Quy định chức năng, nhiệm vụ, quyền hạn và cơ cấu tổ chức của Cơ quan Thanh tra, giám sát ngân "
        "hàng "
        "trực thuộc Ngân hàng Nhà nước Việt Nam",
        "signer_position": "Thủ tướng",
        "signer": "Nguyễn Xuân Phúc",
    },
    "pdf/qd-222-2025-signed-scan.pdf": {
        "code_number": "222",
        "code_notation": "QĐ-TTg",
        "issued_date": "2025-01-23",
        "organ_name": "Thủ tướng Chính phủ",
        "type_name": "Quyết định",
        "subject": "Ban hành Kế hoạch hành động quốc gia thực hiện kinh tế tuần hoàn đến năm 2035",
    },
    "pdf/signed-scan-4-pages.pdf": {
        "code_number": "51",
        "code_notation": "2025/TT-BCA",
        "issued_date": "2025-06-30",
        "organ_name": "Bộ Công an",
        "type_name": "Thông tư",
        "subject": "Sửa đổi, bổ sung một số điều của Thông tư số 79/2024/TT-BCA ngày 15 tháng 11 năm 2024 của Bộ "
        "trưởng "
        "Bộ Công an quy định về cấp, thu hồi chứng nhận đăng ký xe, biển số xe cơ giới, xe máy chuyên dùng đã được sửa "
        "đổi, bổ sung tại Thông tư số 13/2025/TT-BCA ngày 28 ngày 02 năm 2025 của Bộ trưởng Bộ Công an",
    },
    "legacy/tcvn3-decision-2004.pdf": {
        "code_number": "115",
        "code_notation": "2004/QĐ-TTg",
        "issued_date": "2004-06-25",
        "organ_name": "Thủ tướng Chính phủ",
        "type_name": "Quyết định",
        "subject": "về việc sửa đổi, bổ sung Quy chế thành lập, tổ chức và hoạt động của Quỹ bảo lãnh tín dụng cho "
        "doanh "
        "nghiệp nhỏ và vừa ban hành kèm theo Quyết định số 193/2001/QĐ-TTg ngày 20 tháng 12 năm 2001 của Thủ tướng "
        "Chính phủ",
    },
}
