/**
 * Which route a request takes. For the engine.
 *
 * <pre>
 *   RouteConfig ─compile─► RouteTable: authority ─► virtual host ─► path index ─► predicates ─► plan
 * </pre>
 *
 * The plan is whatever the engine compiled for the route; matching knows nothing of it.
 */
@NullMarked
package io.inmesh.route;

import org.jspecify.annotations.NullMarked;
