/**
 * Checks JSON Web Tokens of inbound requests. For the engine.
 *
 * <pre>
 *   request ─► TokenLocations ─► Provider.verify ─► KeySet (inline, or RemoteKeys in the background)
 *     valid: claims to later filters, headers rewritten · missing or invalid: 401 / 16
 *   keys unknown yet, or an unknown kid: Step.Later until the fetch is over, once
 * </pre>
 */
@NullMarked
package io.inmesh.filter.jwt;

import org.jspecify.annotations.NullMarked;
