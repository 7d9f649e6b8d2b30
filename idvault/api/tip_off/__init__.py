"""TipOffService: reports of rumours."""
