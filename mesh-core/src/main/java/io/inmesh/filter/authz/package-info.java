/**
 * Decides on the server side whether a request may reach the application. For the engine.
 *
 * <pre>
 *   AccessControl (model) ─► RuleSet: policies, each under its rarest key in a RuleIndex
 *   request ─► Subject (the only object made) ─► candidates ─► Condition ─► allowed, or 403 / 7
 * </pre>
 */
@NullMarked
package io.inmesh.filter.authz;

import org.jspecify.annotations.NullMarked;
