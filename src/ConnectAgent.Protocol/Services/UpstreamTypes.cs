namespace ConnectAgent.Protocol.Services;

/// <summary>What <see cref="Upstream.DestinationType"/> may be (services REG-7); empty where nobody filled it.</summary>
public static class UpstreamTypes
{
    public const string Service = "service";

    public const string PreparedQuery = "prepared_query";

    /// <summary>Whether it is one, or empty.</summary>
    public static bool IsOne(string type) => type is "" or Service or PreparedQuery;
}
