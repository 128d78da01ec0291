"""The heart: four directions between a visitor and Flex, on the standard library alone."""
