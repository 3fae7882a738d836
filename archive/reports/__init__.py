"""Files for people that are made from what the archive knows: workbooks, lists."""
