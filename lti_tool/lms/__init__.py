"""
How each LMS differs from the specification: one file per product.

Nothing outside this package asks which product it is talking to.
"""

from lti_tool.lms.canvas import Canvas
from lti_tool.lms.moodle import Moodle
from lti_tool.lms.standard import Outcome, StandardLms

_LMSS = {lms.product: lms for lms in (StandardLms(), Moodle(), Canvas())}
PRODUCTS = tuple(_LMSS)

__all__ = ["PRODUCTS", "Outcome", "StandardLms", "lms_product", "product_of"]


def lms_product(name: str) -> StandardLms:
    """How this product behaves; one we do not know follows the specification."""
    return _LMSS.get(name, _LMSS["standard"])


def product_of(product_family_code: str | None) -> str:
    """The product an LMS says it is, as a name of ours. A hint, never a reason for trust."""
    name = (product_family_code or "").lower()
    return name if name in _LMSS else "standard"
