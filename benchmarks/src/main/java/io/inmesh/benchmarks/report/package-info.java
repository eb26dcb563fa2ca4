/**
 * What measurements leave behind: each writes Markdown with the command, the commit and the date
 * into a directory of {@code benchmarks/results}, and {@link io.inmesh.benchmarks.report.Document}
 * puts it into {@code docs/performance.md}.
 */
@NullMarked
package io.inmesh.benchmarks.report;

import org.jspecify.annotations.NullMarked;
