namespace ConnectAgent.Agent.Checks.Probes;

/// <summary>Looks once whether a target is well. One for each check; it holds nothing between two looks.</summary>
internal interface ICheckProbe
{
    /// <summary>What is looked at, as outputs begin: <c>TCP connect 10.0.0.1:80</c>.</summary>
    string Subject { get; }

    /// <summary>Looks. What the target does wrong is a result, and so is a target that cannot be reached.</summary>
    /// <param name="cancellationToken">The check's time-out, or its end.</param>
    /// <exception cref="OperationCanceledException">There was no result in time.</exception>
    ValueTask<CheckResult> RunAsync(CancellationToken cancellationToken);
}
