/**
 * The configuration of the mesh: a directory of YAML becomes typed, immutable resources and
 * findings. For the other packages of the control server; depends on none of them.
 *
 * <pre>
 * DirectorySource ─► bytes of each file ─► DocumentParser ─► Node (every value knows file:line:column)
 *   ─► KindSchema.check ─► binder ─► Resource&lt;S&gt; ─► rules of the kind ─► ConfigStore.apply
 *   ─► ConfigSet (what is in force) + List&lt;Finding&gt; (what is wrong, where, what was expected)
 * ConfigLoader.load(dir) does the same once, without memory of what was valid before.
 * </pre>
 */
@NullMarked
package io.inmesh.server.config;

import org.jspecify.annotations.NullMarked;
