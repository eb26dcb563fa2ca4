package io.inmesh.call.engine;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What an authority leads to.
 *
 * @param service null: nothing (yet)
 * @param unknown whether the control server has not said yet about some candidate
 * @param candidates the listener names it may stand for
 */
record Resolution(@Nullable ServiceRoutes service, boolean unknown, List<String> candidates) {}
