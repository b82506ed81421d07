namespace ConnectAgent.Client.AspNetCore;

/// <summary>Names of the authentication by peer certificates of the mesh.</summary>
public static class ConnectAuthenticationDefaults
{
    /// <summary>The authentication scheme.</summary>
    public const string Scheme = "Connect";
}
