package org.nemotron.nas.pipeline;

/**
 * Generated tokens per second of whole models.
 *
 * @param parent at its best batch
 * @param child in its own scenario
 */
record SpeedMeasurement(double parent, double child) {}
