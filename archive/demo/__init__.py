"""The sample delivery: papers, spreadsheet and signatures of an invented province, made on the spot."""
