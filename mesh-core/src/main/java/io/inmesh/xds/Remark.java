package io.inmesh.xds;

/**
 * Something in an accepted resource that has no effect here.
 *
 * @param path the field
 * @param why what is not done
 */
public record Remark(String path, String why) {}
