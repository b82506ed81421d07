namespace ConnectAgent.Http.LocalAgent;

/// <summary>The version whose wire is served; clients look at it to know what they may ask for.</summary>
internal static class ApiVersion
{
    public const string Number = "1.10.12";

    public const string BuildDate = "1970-01-01T00:00:01Z";

    public const string Revision = "connect-agent";
}
