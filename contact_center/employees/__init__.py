"""Who works here: logins, roles, departments, skills, presence."""
