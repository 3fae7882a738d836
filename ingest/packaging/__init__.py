"""How the facts about a dossier become the files of its package; used by the stage `package` alone."""
