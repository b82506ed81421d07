namespace ConnectAgent.Configuration;

/// <summary>How the values of a key are merged, and told apart where each is shown with its source.</summary>
internal enum ValueShape
{
    /// <summary>The last one counts.</summary>
    Scalar,

    /// <summary>All of them count, in their order.</summary>
    List,

    /// <summary>The last one of each name counts.</summary>
    Map,
}
