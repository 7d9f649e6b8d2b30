"""The rules of sanctions by degree: statement of reasons, life cycle, and the moderators who sign."""
