"""Kinds of request and result codes as short lists."""

from contact_center.storage import tables as t
from contact_center.storage.coded import CodedList

kinds = CodedList(t.kinds)
result_codes = CodedList(t.result_codes)
