namespace ConnectAgent.Cli.Doctor;

/// <summary>One thing that was looked at.</summary>
/// <param name="State"><c>ok</c>, <c>warn</c> or <c>fail</c>.</param>
/// <param name="What">What was looked at, and what was found.</param>
/// <param name="ToDo">What to do about it; empty when all is well.</param>
internal sealed record Finding(string State, string What, string ToDo)
{
    public const string IsFailure = "fail";
    public const string IsWarning = "warn";

    public static Finding Ok(string what) => new("ok", what, string.Empty);

    public static Finding Warn(string what, string toDo) => new(IsWarning, what, toDo);

    public static Finding Fail(string what, string toDo) => new(IsFailure, what, toDo);
}
