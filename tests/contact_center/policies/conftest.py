from tests.support.office import office

__all__ = ["office"]
