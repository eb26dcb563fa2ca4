package io.inmesh.server.config;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a file holds.
 *
 * @param roots its documents that are not empty; none if the file is broken, since half a file may
 *     be a file that is being written
 * @param failure why the file could not be read as a whole; null if it could
 */
record Documents(List<Node> roots, @Nullable Finding failure) {}
