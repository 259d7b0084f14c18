from tests.contact_center.dispatch.conftest import database, house
from tests.support.office import office

__all__ = ["database", "house", "office"]
