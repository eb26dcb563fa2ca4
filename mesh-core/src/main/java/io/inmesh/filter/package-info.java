/**
 * What can look at, change, answer or refuse requests. For those who extend the mesh.
 *
 * <pre>
 *   FilterConfig (listener) ⊕ most specific override (cluster share, route, virtual host, routes)
 *       ─FilterRegistry─► FilterChain (once per route) ─FilterRun (once per call)─► MeshFilter
 *   request: first to last; response: last to first; end: exactly once
 * </pre>
 */
@NullMarked
package io.inmesh.filter;

import org.jspecify.annotations.NullMarked;
