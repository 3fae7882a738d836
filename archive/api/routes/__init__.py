"""Routes below /api/v1, one module a noun or two: translate, call one service, translate back."""
