"""The report: aggregates, intervals, tables, plots and exports."""
