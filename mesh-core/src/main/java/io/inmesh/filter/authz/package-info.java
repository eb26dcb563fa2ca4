/**
 * Decides on the server side whether a request may reach the application. For the engine.
 *
 * <pre>
 *   AccessControl (model) ─► RuleSet: policies, each under its rarest key in a RuleIndex
 *   request ─► Subject (the only object made) ─► candidates ─► Condition ─► allowed, or 403 / 7
 *
 *   rules on trial select ─► ExternalFilter ─ AccessQuestion ─► Arbiter: somebody else, in the mesh
 *     AccessAnswer: headers changed and on to the next filter, or the refusal; none: refused
 * </pre>
 */
@NullMarked
package io.inmesh.filter.authz;

import org.jspecify.annotations.NullMarked;
